// Which tests `npm test` leaves to `npm test -- all`: with them all it takes four times as long.

/**
 * Files of tests, relative to test/ and without their ending. What is new is run by `npm test`, until that takes more
 * than five minutes on two processors: then what takes longest is named here.
 */
export const LONG_TESTS = [
  "cli/attach",
  "cli/commandJobs",
  "cli/detach",
  "cli/elsewhere",
  "cli/fileNames",
  "cli/filesBeside",
  "cli/foreign",
  "cli/hostileText",
  "cli/loading",
  "cli/mcpActing",
  "cli/newJob",
  "cli/realSdks",
  "cli/retry",
  "cli/runChoice",
  "cli/secrets",
  "cli/try",
  "cli/workers",
  "examples/python-loop",
  "examples/readme-digest",
  "examples/shell-pipeline",
  "extension/checkpointWatcher",
  "extension/dashboard",
  "extension/debugItem",
  "extension/firstSteps",
  "extension/foreign",
  "extension/languageModels",
  "extension/multiRoot",
  "extension/notifications",
  "extension/outliving",
  "extension/plan",
  "extension/tasks",
  "interface/decisions",
  "interface/keyboard",
  "interface/looks",
  "interface/money",
  "interface/outliving",
  "interface/states",
  "interface/welcome",
  "torture/rows",
];

/** Whether a file of tests, such as `cli/attach.test.ts`, is one of them. */
export const isLong = (name) => LONG_TESTS.includes(name.replace(/\.test\.ts$/, ""));
