export declare const MINIMUM_NODE: string;
export declare const FALLBACK_NODE: string;
/** The path of a Node's program of exactly this version, installed into the user's cache on first use. */
export declare function ensureNode(version: string): Promise<string>;
export declare function withNodeOnPath(program: string, env?: NodeJS.ProcessEnv): NodeJS.ProcessEnv;
export declare function isAtLeast(version: string, minimum: string): boolean;
