/** The arguments for Node, run in the project's folder, that make the VSIX of what lies in dist/. */
export declare function vsceArguments(out?: string): string[];
/** Adds the TypeScript plugin to a VSIX that vsce has made. */
export declare function addPlugin(root: string, vsix: string): void;
