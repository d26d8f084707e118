import * as vscode from "vscode";
import { messageOf } from "../../runtime/errors.js";
import type { ItemKey } from "../../runtime/format/itemId.js";
import { chartsOf } from "../../view/dashboard/charts/index.js";
import { anyFailure, causeName } from "../../view/dashboard/failures.js";
import { type Head, headOf } from "../../view/dashboard/head.js";
import type { JobView } from "../../view/jobView.js";
import { shortText } from "../../view/text.js";
import { commandIds, innerCommandIds } from "../ids.js";
import type { Job } from "../job.js";
import { actionsOf, commandOfAction } from "../jobActions.js";
import type { JobCatalog } from "../jobCatalog.js";
import { type Log, unawaited } from "../log.js";
import { Pace } from "../watching/pace.js";
import { FailureTable } from "./failureTable.js";
import { pageHtml, pageIcon } from "./page.js";
import { type PageAction, type PageRequest, readRequest, type ShowMessage } from "./protocol.js";
import { DashboardReading } from "./reading.js";
import { titleOf } from "./title.js";

/** What runs is drawn at most this often. */
const updateIntervalMs = 400;

/**
 * A job's dashboard. The page is there only while it is visible: shown again it asks anew, and is told all. Meanwhile
 * nothing is read, counted or sent.
 */
export class DashboardPanel implements vscode.Disposable {
  /** How many messages were sent. */
  sent = 0;
  /** From the wish to see the page until it said that it was painted with what is known of the job; null until then. */
  paintedMs: number | null = null;
  /** When it was, by the page's own clock. */
  paintedAtMs: number | null = null;
  private readonly ended = new vscode.EventEmitter<void>();
  readonly onDidDispose = this.ended.event;
  private readonly painted = new vscode.EventEmitter<void>();
  /** The page has drawn what it was told last. */
  readonly onDidPaint = this.painted.event;
  private readonly pace = new Pace(() => this.update(), updateIntervalMs);
  private readonly subscriptions: vscode.Disposable[];
  private reading: DashboardReading | undefined;
  private readJob: Job | undefined;
  /** Of the job that it showed last. */
  private checkpoint = "";
  private isReady = false;
  /** The page has not painted yet: what reading takes is not taken from it. */
  private awaitsPaint = false;
  /** The page has asked before, and may know what is no longer so. */
  private isOld = false;
  private isDisposed = false;
  private query = anyFailure;
  /** Grows with each question, so that a late answer to an earlier one is dropped. */
  private asking = 0;
  /** What the page was told, by part. */
  private texts = new Map<string, string>();
  /** All that the page knows; undefined before it asked. */
  told: ShowMessage | undefined;
  private readonly table = new FailureTable();

  constructor(
    readonly panel: vscode.WebviewPanel,
    readonly jobId: string,
    private readonly catalog: JobCatalog,
    private readonly log: Log,
    private readonly asked = performance.now(),
  ) {
    const { webview } = panel;
    panel.iconPath = pageIcon();
    this.subscriptions = [
      panel.onDidDispose(() => this.dispose()),
      panel.onDidChangeViewState(() => {
        if (!panel.visible) this.isReady = false;
      }),
      webview.onDidReceiveMessage((message: unknown) => this.receive(message)),
      catalog.onDidChangeJob((job) => this.shows(job) && this.wake()),
      catalog.onDidChangeJobs(() => this.wake()),
    ];
    unawaited(log, "dashboard", this.load());
  }

  dispose(): void {
    this.isDisposed = true;
    this.isReady = false;
    this.pace.dispose();
    for (const subscription of this.subscriptions) subscription.dispose();
    this.ended.fire();
    this.ended.dispose();
    this.painted.dispose();
  }

  /** With what the catalog knows of the job, before anything is read. */
  private async load(): Promise<void> {
    const view = this.job?.view ?? null;
    const reading = vscode.l10n.t("Reading the checkpoint…");
    const failures = await this.table.of(view, this.job, anyFailure, () => true);
    const first: ShowMessage = {
      type: "show",
      ...this.topOf(view),
      reading,
      ...(failures && { failures }),
    };
    for (const part of ["head", "actions", "reading", "failures"] as const) this.isNews(part, first[part]);
    this.told = first;
    const html = await pageHtml(this.jobId, first);
    if (!this.isDisposed) this.panel.webview.html = html;
  }

  /** A job that lost its file, or has it again, goes by another id: its checkpoint tells that it is the same. */
  private get job(): Job | undefined {
    const job =
      this.catalog.job(this.jobId) ?? this.catalog.jobOfCheckpoint(vscode.Uri.file(this.checkpoint));
    this.checkpoint = job?.checkpoint ?? this.checkpoint;
    return job;
  }

  /** Whether it is this job that it shows. */
  shows(job: Job): boolean {
    return this.job === job;
  }

  private get isShown(): boolean {
    return this.isReady && this.panel.visible;
  }

  private wake(): void {
    if (this.isShown && !this.awaitsPaint) unawaited(this.log, "dashboard", this.pace.request());
  }

  private receive(message: unknown): void {
    const request = readRequest(message);
    if (!request) return this.log.warn("The dashboard sent what is no request.");
    unawaited(this.log, `dashboard: ${request.type}`, this.answer(request));
  }

  private async answer(request: PageRequest): Promise<void> {
    switch (request.type) {
      case "ready":
        this.isReady = true;
        this.awaitsPaint = !this.reading;
        // A page that comes again is told all again, and one that began so late that it took what it was given for old.
        if (this.isOld || !request.knowsFirst) {
          this.texts = new Map();
          this.told = undefined;
        }
        this.isOld = true;
        this.query = request.query;
        return this.begin();
      case "painted":
        if (this.paintedMs === null) {
          this.paintedMs = performance.now() - this.asked;
          this.paintedAtMs = request.atMs;
          this.log.info(`The dashboard of ${this.jobId} was drawn after ${Math.round(this.paintedMs)} ms.`);
        }
        this.painted.fire();
        if (!this.awaitsPaint) return;
        this.awaitsPaint = false;
        return this.pace.request();
      case "query":
        this.query = request.query;
        return this.showFailures(this.reading?.view() ?? this.job?.view ?? null);
      case "act":
        return this.act(request.action);
      case "open":
        return this.open(request.ref);
      case "retry":
        return this.retry({ items: request.refs.flatMap((ref) => this.table.keyOf(ref) ?? []) });
      case "retryCause":
        return this.retry({ causes: this.causesNamed(request.cause) });
    }
  }

  /** What the catalog knows is shown before anything is read. */
  private async begin(): Promise<void> {
    if (!this.awaitsPaint) return this.pace.request();
    const view = this.job?.view ?? null;
    this.show({ ...this.topOf(view), reading: vscode.l10n.t("Reading the checkpoint…") });
    await this.showFailures(view);
  }

  private async update(): Promise<void> {
    try {
      if (this.isShown) await this.readAndShow();
    } catch (error) {
      this.log.error(`The dashboard of ${this.jobId}: ${messageOf(error)}`);
      this.show({ reading: shortText(messageOf(error), 400) });
    }
  }

  private async readAndShow(): Promise<void> {
    const { job } = this;
    // A job that is looked for elsewhere now is another object under the same id.
    if (job !== this.readJob) {
      this.readJob = job;
      this.reading = job && new DashboardReading(job);
    }
    if (!job || !this.reading) {
      this.show({ ...this.topOf(null), charts: [], reading: "" });
      return this.showFailures(null);
    }
    this.panel.title = titleOf(job);
    const { reading } = this;
    await reading.refresh((share) => {
      if (!this.isShown) return;
      this.show({ actions: actionsOf(job) });
      this.showCharts(reading.view(), partText(share));
    });
    if (!this.isShown || job !== this.job) return;
    const view = reading.view();
    this.show(this.topOf(view));
    await this.showFailures(view);
    this.showCharts(view, "");
  }

  private showCharts(view: JobView | null, reading: string): void {
    const timeline = this.reading?.timeline;
    const charts = view && timeline && view.error === null ? chartsOf(view, timeline) : [];
    this.show({ charts, reading });
  }

  private topOf(view: JobView | null): Pick<ShowMessage, "head" | "actions"> {
    return { head: this.headOf(view), actions: actionsOf(this.job) };
  }

  private headOf(view: JobView | null): Head {
    if (!this.job)
      return {
        ...{ title: this.panel.title, look: "new", bar: null, figures: [] },
        lines: [
          vscode.l10n.t("The job is gone: neither its file nor its checkpoint is in the open folders."),
        ],
      };
    return headOf(this.job.name, view, this.reading?.timeline.buckets.sorted() ?? []);
  }

  private async showFailures(view: JobView | null): Promise<void> {
    const asking = ++this.asking;
    const failures = await this.table.of(view, this.job, this.query, () => asking === this.asking);
    if (failures) this.show({ failures });
  }

  /** Whether the page was told otherwise; notes what it is told. */
  private isNews(name: string, part: unknown): boolean {
    const text = JSON.stringify(part);
    if (this.texts.get(name) === text) return false;
    this.texts.set(name, text);
    return true;
  }

  /** Sends the parts that are not as they were told before. */
  private show(parts: Omit<ShowMessage, "type">): void {
    if (!this.isShown) return;
    const news: ShowMessage = { type: "show" };
    const { head, actions, charts, failures, reading } = parts;
    if (head && this.isNews("head", head)) news.head = head;
    if (actions && this.isNews("actions", actions)) news.actions = actions;
    if (failures && this.isNews("failures", failures)) news.failures = failures;
    if (reading !== undefined && this.isNews("reading", reading)) news.reading = reading;
    const changed = charts?.filter((chart) => this.isNews(`chart ${chart.id}`, chart));
    if (changed && changed.length > 0) news.charts = changed;
    if (charts?.length === 0 && (this.told?.charts?.length ?? 0) > 0) {
      news.charts = [];
      for (const name of [...this.texts.keys()]) if (name.startsWith("chart ")) this.texts.delete(name);
    }
    if (Object.keys(news).length === 1) return;
    this.sent++;
    this.told = { ...this.told, ...news, ...(charts && { charts }) };
    unawaited(this.log, "dashboard", this.panel.webview.postMessage(news));
  }

  private async act(action: PageAction): Promise<void> {
    if (this.job) await vscode.commands.executeCommand(commandOfAction[action], this.job.id);
  }

  private async open(ref: number): Promise<void> {
    const key = this.table.keyOf(ref);
    const { job } = this;
    if (key === undefined || !job) return;
    const command = job.view?.foreign ? innerCommandIds.showItem : innerCommandIds.showFailure;
    await vscode.commands.executeCommand(command, job.id, key);
  }

  private async retry(chosen: { items: ItemKey[] } | { causes: string[] }): Promise<void> {
    const { job } = this;
    if (job) await vscode.commands.executeCommand(commandIds.retry, { job, ...chosen });
  }

  /** The causes that a name on the page stands for: names are cut and have secrets taken out. */
  private causesNamed(name: string): string[] {
    const causes = new Set(
      this.job?.view?.status.failedItems.map(({ open }) => open.failure?.cause ?? "other") ?? [],
    );
    return [...causes].filter((cause) => causeName(cause) === name);
  }
}

const partText = (share: number): string =>
  vscode.l10n.t("Reading the checkpoint: {0}%", Math.floor(share * 100));
