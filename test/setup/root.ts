/** The project's folder: tests are bundled into dist/test, so their own path does not say. */
export const root = process.env.AGENT_JOBS_ROOT ?? process.cwd();
