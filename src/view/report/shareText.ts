/** Messages of errors as they may be given away: without secrets, and without whom or what the item was about. */
import { redact } from "../../runtime/redact.js";
import { t } from "../l10n.js";
import { shortText } from "../text.js";

/** A shorter id stands in a message by chance. */
const minIdChars = 3;
const maxMessageChars = 300;

const mail = /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}/g;
/** Absolute paths, also those of Windows; of addresses of the network only what follows the host. */
const path =
  /(?<![\w/:.])(?:[A-Za-z]:[\\/]|~?\/)(?:[^\s"'`<>()|:,;/\\]{1,255}[\\/]){1,40}[^\s"'`<>()|:,;]{0,255}/g;
const pathOfAddress = /(\bhttps?:\/\/[^\s/"'<>?#]{1,255})[/?#][^\s"'<>]{1,2000}/g;

/** @param id of the item that failed; null where ids may be told */
export function shareText(message: string, id: string | null): string {
  // What is far behind the part that is shown has no say in it.
  let text = redact(message.slice(0, 4 * maxMessageChars));
  if (id !== null) {
    if (id.length >= minIdChars) text = text.replaceAll(id, () => t("[item]"));
    text = text
      .replace(pathOfAddress, "$1/[…]")
      .replace(mail, () => t("[e-mail]"))
      .replace(path, () => t("[path]"));
  }
  return shortText(text, maxMessageChars);
}
