/** Installs the VS Code server into the user's cache on first use: its Node, and its main file. */
export declare function installServer(root: string): Promise<{ node: string; server: string }>;
