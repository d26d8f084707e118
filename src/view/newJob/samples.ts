/** Items to begin with, until a person puts in their own. */
export const samples: readonly { id: string; text: string }[] = [
  { id: "ticket-1", text: "The parcel came a week late, and the box was open." },
  { id: "ticket-2", text: "How do I change the address of my next order?" },
  { id: "ticket-3", text: "Thank you, the replacement works perfectly." },
];

/** What a model is asked to do with each. */
export const instruction = "Say in one word what this message is: complaint, question, or praise.";
