/**
 * Set to "yes" in the environment of a run that nobody asked for: an editor starts its tasks again when its window is
 * reloaded, also those whose run ended meanwhile. Such a run does nothing.
 */
export const startedAgainVariable = "AGENT_JOBS_STARTED_AGAIN";
