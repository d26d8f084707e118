"""Adds a topic to each row of a table of complaints."""
import pandas as pd
from agent_jobs import done, resume
from model import ask

df = pd.read_csv("complaints.csv")
topics = []

for _, row in resume(df.iterrows(), key=lambda entry: entry[1]["complaint_id"], into=topics):
    done(ask(f"The topic of complaint {row['complaint_id']} ({row['product']}): {row['text']}"))

df["topic"] = topics
df.to_csv("complaints_labelled.csv", index=False)
print(df.groupby("product")["topic"].nunique().to_string())
