/** What the end of a trial says in place of its result, which waits to be kept. */
export const trialNote = (attempt: number, failed: number): string =>
  `Attempt ${attempt} was a trial and gave a result. Until that is kept, the failure of attempt ${failed} stands.`;

/** The detail of a failure without the words of trials after it. */
export function withoutTrialNote(detail: string): string {
  return detail.replace(/^Attempt \d+ was a trial and gave a result\.[^\n]*(\n|$)/, "");
}

/** Whether an attempt's end says that it was a trial whose result was not kept. */
export const isTrialNote = (detail: string | undefined): boolean =>
  detail !== undefined && withoutTrialNote(detail) !== detail;
