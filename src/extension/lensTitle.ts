/**
 * A title as a lens shows it. VS Code drops the blank between an icon and the word after it, and the icon sticks to the word;
 * one that does not break it keeps. The message has a common blank, which translators can type.
 */
export const lensTitle = (message: string): string => message.replace(/^(\$\([^)]+\)) /, "$1\u00a0");
