/** The compiler of TypeScript to JavaScript. A file beside the bundles, which load it with the first TypeScript file. */
export { transform } from "sucrase";
