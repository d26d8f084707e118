/** What the two runs of a bench, with the extension and without, say of the extension host that they ran in. */

/** What a window is opened for: VS Code without the extension, how it begins, and all else. */
export type WindowKind = "control" | "start" | "extension";

/** How long the host's event loop was kept from its next turn, and by whom. */
export interface LoopFigures {
  /** The longest time between two turns, milliseconds. */
  longestMs: number;
  /** The longest that the thread worked between two turns, without what it waited for a processor. */
  longestCpuMs: number;
  /** 99.9 of 100 turns came sooner. */
  p999Ms: number;
  /** What of times between two turns was spent in code of ours, by a profile of one sample a millisecond: those that are not short. */
  slices: Slice[];
  /** The longest that the thread collected garbage between two turns. */
  longestCollectionMs: number;
}

/** Work of ours between two turns of the loop. */
export interface Slice {
  /** In our code, and in collections of garbage that came in the middle of it, which go through all of VS Code's heap as well. */
  codeMs: number;
  collectionMs: number;
  /** The functions with the most samples, and their milliseconds. */
  in: string[];
}

/** Shares of one core over some seconds. */
export interface CpuFigures {
  /** While ten jobs run. */
  running: number;
  /** While nothing runs and the view is hidden. */
  idle: number;
}

/** What VS Code does with any extension, and with one that does nothing. */
interface HostFigures {
  loop: LoopFigures;
  cpu: CpuFigures;
}

export interface ControlFigures extends HostFigures {
  /** From the request until a page without anything in it runs its first line, by the page's clock. */
  emptyPageMs: number;
}

/** What comes once a window, and is looked at in several. */
export interface StartFigures {
  activateMs: number;
  /** Of it what the thread worked; all of it where that cannot be told. */
  activateCpuMs: number;
}

export interface DashboardFigures {
  /**
   * From the command until the page is painted with how the job stands and its failures, by the page's clock: each time that it
   * is opened. The first page of a window takes VS Code longer than any other.
   */
  contentMs: number[];
  /** Until all that it shows was sent to it, the first time. */
  drawnMs: number;
}

export interface ExtensionFigures extends HostFigures, StartFigures {
  /** Bytes of the extension's files that were loaded before a command was called. */
  loadedBytes: number;
  /** From activation until every job is listed. */
  listedMs: number;
  /** From activation until the view is told to open, and until VS Code has asked for every row of it. */
  openedMs: number;
  firstTreeMs: number;
  /** Until all checkpoints were read, and how much that was. */
  readMs: number;
  readBytes: number;
  /** From before an item's record is appended until VS Code asks for the row that counts it. */
  delaysMs: { median: number; p95: number; longest: number; count: number };
  /** Of the job with the most items. */
  bytesPerItem: number;
  jobs: number;
  /** Of a job of 100,000 items. */
  dashboard: DashboardFigures;
}
