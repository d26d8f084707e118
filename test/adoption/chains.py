"""Chains as LangChain has them: a template piped into a chat model, with `invoke` for one input and `batch` for many."""
from concurrent.futures import ThreadPoolExecutor

from model import ask


class PromptTemplate:
    def __init__(self, template):
        self.template = template

    @classmethod
    def from_template(cls, template):
        return cls(template)

    def __or__(self, model):
        return Chain(self, model)

    def format(self, values):
        return self.template.format(**values)


class ChatModel:
    def __init__(self, temperature=0.0):
        self.temperature = temperature

    def invoke(self, prompt):
        return ask(prompt)


class Chain:
    def __init__(self, prompt, model):
        self.prompt = prompt
        self.model = model

    def invoke(self, values):
        return self.model.invoke(self.prompt.format(values))

    def batch(self, inputs, config=None):
        workers = (config or {}).get("max_concurrency")
        with ThreadPoolExecutor(max_workers=workers) as pool:
            return list(pool.map(self.invoke, inputs))
