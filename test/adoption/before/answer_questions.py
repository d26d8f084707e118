"""Answers what customers asked, by a chain that batches its inputs."""
import json
from pathlib import Path

from chains import ChatModel, PromptTemplate

chain = PromptTemplate.from_template("Answer from the manual. {id}: {question}") | ChatModel(temperature=0)
questions = json.loads(Path("questions.json").read_text(encoding="utf-8"))

answers = chain.batch(questions, config={"max_concurrency": 4})

with open("answers.md", "w", encoding="utf-8") as file:
    for question, answer in zip(questions, answers):
        file.write(f"## {question['question']}\n\n{answer}\n\n")
print(f"{len(answers)} answers in answers.md")
