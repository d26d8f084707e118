/**
 * Keys and passwords taken out of errors and log lines, so that neither a screen, a log, nor a checkpoint that is
 * shared holds one. Known by their shape, or by the name before them; hashes, ids and numbers stay.
 *
 * Linear in the text's length, whatever is in it: each pattern begins with fixed text or cannot begin inside what it
 * has read, and repeats nothing within a repetition.
 */

/** Stands where a key was. */
const mark = "[redacted]";

/** Keys that tell by their first letters whose they are; those are kept, the rest is not. */
const prefixed = [
  String.raw`sk-ant-[\w\-]{6,}`, // Anthropic
  String.raw`sk-(?:proj|svcacct|admin|or-v1|lf)-(?=[\w\-]{0,40}[\dA-Z])[\w\-]{10,}`, // OpenAI, OpenRouter, Langfuse
  String.raw`AIza[\w\-]{20,}`, // Google
  String.raw`ya29\.[\w\-]{16,}`,
  String.raw`GOCSPX-[\w\-]{16,}`,
  String.raw`(?:AKIA|ASIA|ABIA|ACCA)[A-Z\d]{12,}`, // AWS
  String.raw`gh[pousr]_[A-Za-z\d]{16,}`, // GitHub
  String.raw`github_pat_\w{16,}`,
  String.raw`gl(?:pat|rt|dt|ptt|soat)-[\w\-]{16,}`, // GitLab
  String.raw`xox[abeoprs]-[\w\-]{8,}`, // Slack
  String.raw`xapp-[\w\-]{16,}`,
  String.raw`[rsp]k_(?:live|test)_[A-Za-z\d]{8,}`, // Stripe
  String.raw`whsec_[A-Za-z\d+/=]{16,}`,
  String.raw`hf_[A-Za-z\d]{16,}`, // Hugging Face
  String.raw`(?:gsk|tgp_v1|fw|sbp|ntn|dckr_pat|lin_api|key_live)_(?=\w{0,40}\d)\w{20,}`,
  String.raw`(?:(?:xai|pplx|pypi)-|(?:r8|npm|dop_v1|shpat)_|hvs\.)(?=[\w\-]{0,40}\d)[\w\-]{20,}`,
  String.raw`SG\.[\w\-]{16,}\.[\w\-]{16,}`, // SendGrid
  String.raw`dapi[\da-f]{32}`, // Databricks
];
const keptPrefix =
  /^(?:sk-(?:ant|proj|svcacct|admin|or-v1|lf)-|[A-Za-z]{1,8}\d?(?:_(?:live|test|pat|v1|api))?[-_.]|AIza|A[A-Z]{3}|dapi)/;
const knownKey = new RegExp(String.raw`(?<![\w\-])(?:${prefixed.join("|")})`, "g");

/** `sk-…` of whoever else: a key only where it looks like one. */
const skKey = /(?:(?<![\w-])|(?<=\\[nrt]))sk-[\w-]{12,}/g;
const jwt = /(?:(?<![\w-])|(?<=\\[nrt]))eyJ[\w-]{6,}\.[\w-]{4,}(?:\.[\w-]*)?/g;
const slackHook = /(hooks\.slack\.com\/(?:services|workflows)\/)[\w/]{8,}/g;
const pem =
  /(-----BEGIN [A-Z\d ]{0,40}PRIVATE KEY(?: BLOCK)?-----)[\s\S]*?(-----END [A-Z\d ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)/g;
/** `postgres://user:password@host`, up to the last @ before the path. */
const userInfo =
  /(?<![a-z\d+.-])([a-z][a-z\d+.-]{1,24}:\/\/[^\s:/?#@"'<>]{0,200}:)([^\s/?#"'<>]{1,400})(?=@)/gi;
const authorization =
  /(authorization["'`]?[ \t]{0,4}[:=][ \t]{0,4}["'`]?)((?:bearer|basic|token|apikey|key|digest)[ \t]{1,4})?([^\s"'`,;<>)}\]]{4,})/gi;
const bearer = /((?<![A-Za-z])bearer[ \t]{1,4})([\w.~+/=-]{8,})/gi;

const names =
  "password|passwd|passphrase|pwd|secret(?:[-_]?(?:access[-_]?)?key)?|token|api[-_ ]?key|access[-_]?key|private[-_]?key|account[-_]?key|auth[-_]?key|credentials?|connection[-_]?string";
/** `NAME=value`, `NAME: value`, `"NAME": "value"`, and JSON that stands in a JSON string. */
const named = new RegExp(
  String.raw`(?<!unexpected )((?:${names})(?:[-_]?(?:id|value|key))?)(\\{0,2}["'${"`"}]?[ \t]{0,4}(?:=>|[:=])[ \t]{0,4})(\\{0,2}["'${"`"}]?)([^\s"'${"`"}\\&,;<>(){}\[\]]{4,})`,
  "gi",
);
/** `api key 0123…`, as services say it that are given a wrong one. */
const spokenKey =
  /((?:api|subscription|access)[-_ ]?key(?:[ \t]{1,4}(?:provided|is|was))?[:=]?[ \t]{0,4}["'`(]?)([\da-z]{24,}|[\w-]{0,8}\*{3,}[\w-]{0,8})/gi;
/** Parameters of URLs that sign or open something. */
const parameter =
  /([?&](?:sig|signature|x-amz-signature|x-amz-credential|x-amz-security-token|key)=)([^\s&"'<>]{16,})/gi;

/** Text without the keys and passwords in it. A text that was redacted stays as it is. */
export function redact(text: string): string {
  if (text.length < 8) return text;
  return text
    .replace(pem, (_, begin: string, end: string) => `${begin}${mark}${end}`)
    .replace(userInfo, (all, before: string, password: string) => keepMarked(all, before, password))
    .replace(authorization, (all, before: string, scheme: string | undefined, value: string) =>
      scheme !== undefined || /\d/.test(value) ? keepMarked(all, before + (scheme ?? ""), value) : all,
    )
    .replace(bearer, (all, before: string, value: string) =>
      /\d|[A-Z].*[a-z].*[A-Z]/.test(value) || value.length >= 24 ? keepMarked(all, before, value) : all,
    )
    .replace(knownKey, (key) => `${keptPrefix.exec(key)?.[0] ?? ""}${mark}`)
    .replace(skKey, (key) => (isRandom(key.slice(3)) ? `sk-${mark}` : key))
    .replace(jwt, mark)
    .replace(slackHook, `$1${mark}`)
    .replace(named, (all, name: string, between: string, quote: string, value: string) =>
      isSecret(name, between, quote, value) ? `${name}${between}${quote}${mark}` : all,
    )
    .replace(spokenKey, (all, before: string, value: string) =>
      /\d|\*/.test(value) ? keepMarked(all, before, value) : all,
    )
    .replace(parameter, (all, before: string, value: string) => keepMarked(all, before, value));
}

function keepMarked(all: string, before: string, value: string): string {
  return value.includes(mark) || value.startsWith("[redacted") ? all : `${before}${mark}`;
}

/** A number of tokens and an error about a password are none; what stands after `=` or in quotes is taken for one. */
function isSecret(name: string, between: string, quote: string, value: string): boolean {
  if (value.startsWith("[redacted")) return false;
  if (/token|key|credential/i.test(name) && /^[\d.]{1,15}$/.test(value)) return false;
  if (/^(?:null|undefined|true|false|none|missing|required|invalid|expired|\*+)$/i.test(value)) return false;
  if (between.includes("=") || quote !== "") return true;
  return value.length >= 6 && /\d/.test(value) && /[a-z]/i.test(value) ? true : value.length >= 24;
}

/** What nobody types: a long run with digits among its letters, or a very long one. */
function isRandom(body: string): boolean {
  return body
    .split(/[-_]/)
    .some(
      (run) =>
        (run.length >= 12 && /\d/.test(run) && /[a-z]/i.test(run)) ||
        run.length >= 24 ||
        (run.length >= 16 && /[A-Z]/.test(run)),
    );
}

/** Redacts text that comes line by line: a private key's lines are known only by the one that begins it. */
export class LineRedactor {
  private linesLeft = 0;

  /** Whether a private key has begun and not ended. */
  get isInside(): boolean {
    return this.linesLeft > 0;
  }

  redact(line: string): string {
    if (this.linesLeft > 0) {
      this.linesLeft--;
      if (/-----END [A-Z\d ]{0,40}PRIVATE KEY/.test(line)) this.linesLeft = 0;
      // Others may write in between: only what a key is made of goes.
      else if (/^[ \t]*[A-Za-z\d+/=]{16,}[ \t\r]*$/.test(line)) return mark;
    }
    const redacted = redact(line);
    if (/-----BEGIN [A-Z\d ]{0,40}PRIVATE KEY/.test(line) && !/-----END [A-Z\d ]{0,40}PRIVATE KEY/.test(line))
      this.linesLeft = maxKeyLines;
    return redacted;
  }
}

const maxKeyLines = 200;
