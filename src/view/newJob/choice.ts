import type { ItemShape } from "./itemShape.js";

/** The three questions that a new job is made from. */
export type Language = "typescript" | "javascript" | "python" | "program";
export type Provider = "openai" | "anthropic" | "http" | "none";

/** Where the items come from. */
export type InputChoice =
  /** A .jsonl or .csv file that is there, by its path relative to the job file's folder. */
  | { kind: "file"; path: string; shape: ItemShape }
  /** A small file beside the job, which is written with it. */
  | { kind: "sample" }
  | { kind: "list" }
  /** A function that gives one item after another. */
  | { kind: "function" };

export interface NewJobChoice {
  /** The job's name, which its files are named by. */
  name: string;
  language: Language;
  input: InputChoice;
  provider: Provider;
  /** What is risky about where its checkpoint will lie, in a line; null where nothing is known of it. */
  placeWarning: string | null;
}

export interface NewFile {
  /** Relative to the job file's folder. */
  name: string;
  text: string;
  /** Left as it is where it is there already. */
  isOptional?: boolean;
}

/** What is written: the job file first. */
export interface NewJob {
  files: [NewFile, ...NewFile[]];
  /** The file that a person goes on with, and the text in it that is to be changed first. */
  edit: { name: string; text: string };
}

export const languages: readonly Language[] = ["typescript", "javascript", "python", "program"];

/** A program of one's own asks whatever service it likes itself. */
export function providersFor(language: Language): readonly Provider[] {
  return language === "program" ? ["none"] : ["openai", "anthropic", "http", "none"];
}
