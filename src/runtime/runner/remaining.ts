import type { ItemKey } from "../format/itemId.js";
import { assertDistinct, type Session } from "../session/session.js";
import type { JobStatus } from "../state/status.js";
import { folderWarning } from "../store/folderRisk.js";
import type { Input, InputItem } from "./items.js";
import type { DoubtChoice, RunOptions } from "./runOptions.js";

/**
 * The items that a run has to begin, in their order; of a stream the total is recorded once it has ended.
 * @param isChosen says whether a run that does not do all does this one
 */
export function remainingItems(
  session: Session,
  input: Input,
  isChosen: (key: ItemKey) => boolean,
): Iterator<InputItem> | AsyncIterator<InputItem> {
  const isLeft = ({ key }: InputItem) => !session.state.done.has(key) && isChosen(key);
  return input.kind === "list" ? leftOf(input.items, isLeft) : leftOfStream(session, input.items, isLeft);
}

function* leftOf(items: readonly InputItem[], isLeft: (item: InputItem) => boolean): Generator<InputItem> {
  for (const item of items) if (isLeft(item)) yield item;
}

async function* leftOfStream(
  session: Session,
  items: AsyncIterable<InputItem>,
  isLeft: (item: InputItem) => boolean,
): AsyncGenerator<InputItem> {
  const seen = new Set<ItemKey>();
  for await (const item of items) {
    if (seen.has(item.key)) assertDistinct([item.key, item.key]);
    seen.add(item.key);
    if (isLeft(item)) yield item;
  }
  await session.recordInput([...seen]);
}

/**
 * What a person should know before the first item begins, a line each.
 * @param budget what was spent and what may be, where there is a budget
 */
export async function startNotices(
  { inDoubt, inDoubtItems }: JobStatus,
  { only, inDoubt: choice = "retry" }: Pick<RunOptions, "only" | "inDoubt">,
  { checkpoint, budget }: { checkpoint: string; budget: string | undefined },
): Promise<string[]> {
  const risk = await folderWarning(checkpoint);
  // Of some items alone, the others in doubt are left so.
  const count = only ? inDoubtItems.filter(({ item }) => !only.has(item)).length : inDoubt;
  return [
    ...(risk === null ? [] : [risk]),
    ...(count === 0 ? [] : [doubtNotice(count, only ? "skip" : choice, checkpoint)]),
    ...(budget === undefined
      ? []
      : [
          `Spent so far: ${budget}. No item begins that could pass the budget; one that takes more than expected can, while it is in flight.`,
        ]),
  ];
}

function doubtNotice(count: number, choice: DoubtChoice, checkpoint: string): string {
  const [items, them] = count === 1 ? ["1 item is", "it"] : [`${count} items are`, "them"];
  const what = `${items} in doubt: an earlier run began ${them} and ended before it recorded how ${count === 1 ? "it" : "they"} went, so ${count === 1 ? "it" : "they"} may have been paid for already.`;
  return choice === "skip"
    ? `${what} This run leaves ${them} so (agent-jobs doubt ${checkpoint} lists ${them}, and marks ${them} as done).`
    : `${what} This run does ${them} again (--in-doubt skip leaves ${them}; agent-jobs doubt lists ${them}).`;
}
