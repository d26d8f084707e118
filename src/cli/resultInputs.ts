/** What a job's input has of the items that are done, for `results --with-input`. */
import type { ItemKey } from "../runtime/format/itemId.js";
import { type InputItem, resolveItems } from "../runtime/runner/items.js";
import { isJobFile } from "../runtime/runner/jobPaths.js";
import { loadJob } from "../runtime/runner/loadJob.js";
import { namesText } from "../view/repairText.js";
import { plural, safeText } from "../view/text.js";
import { CommandError, exit } from "./exitCodes.js";
import { fromJobFolder } from "./jobFolder.js";
import { runtimePath } from "./runtimePath.js";

const maxNamed = 5;

/** The items of a job's input by id, and what was found missing or changed as they were asked for. */
export class ResultInputs {
  private readonly gone: ItemKey[] = [];
  private readonly changed: ItemKey[] = [];

  private constructor(private readonly items: ReadonlyMap<ItemKey, InputItem>) {}

  /**
   * Reads a job's input, which runs the job file where it is code.
   * @param source instead of the definition's items, relative to the working directory
   * @throws CommandError exit 2 where no job file is named or it has no items; JobDefinitionError AJ_JOB where its
   *   input cannot be read
   */
  static async of(jobFile: string, source: string | undefined): Promise<ResultInputs> {
    if (!isJobFile(jobFile))
      throw new CommandError(
        exit.usage,
        `--with-input needs the job file, which says where the items are, and ${jobFile} is none by its name. Name the NAME.job.ts (.mts .js .mjs .json) instead.`,
      );
    const job = await loadJob(jobFile, { runtimePath });
    const given = source === undefined ? job.definition.items : fromJobFolder(source, job.folder);
    if (given === undefined)
      throw new CommandError(
        exit.usage,
        `${job.name} is done by a program that has its items itself: the job file has no \`items\`. Name them with --items, or leave --with-input out.`,
      );
    process.chdir(job.folder); // paths in a job file are relative to it
    const input = await resolveItems(given, job.definition.key, job.folder);
    const items = new Map<ItemKey, InputItem>();
    for await (const item of input.items) items.set(item.key, item);
    return new ResultInputs(items);
  }

  /**
   * A done item's input as it is now; null where the job's input no longer has the item.
   * @param hash of what its result was made of, where that is known
   */
  async inputOf(key: ItemKey, hash: string | undefined): Promise<unknown> {
    const found = this.items.get(key);
    if (!found) {
      this.gone.push(key);
      return null;
    }
    if (hash !== undefined && (await found.hash()) !== hash) this.changed.push(key);
    return found.item ?? null;
  }

  /** What a reader has to know of the inputs that were given, a sentence each. */
  warnings(job: string): string[] {
    const { gone, changed } = this;
    return [
      ...(gone.length > 0
        ? [
            `${plural(gone.length, "done item")} of ${safeText(job)} ${gone.length === 1 ? "is" : "are"} no longer in its input, so \`input\` is null there: ${namesText(gone, maxNamed)}. If the run had another input, name it with --items.`,
          ]
        : []),
      ...(changed.length > 0
        ? [
            `${plural(changed.length, "item")} of ${safeText(job)} changed since ${changed.length === 1 ? "its result was" : "their results were"} made; \`input\` is what ${changed.length === 1 ? "it is" : "they are"} now: ${namesText(changed, maxNamed)}. See what changed: agent-jobs plan.`,
          ]
        : []),
    ];
  }
}
