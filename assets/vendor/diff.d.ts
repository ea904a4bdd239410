// What the viewer takes from npm's diff (jsdiff), fetched when somebody proposes changes.
export { FILE_HEADERS_ONLY, formatPatch, structuredPatch } from "diff";
export type { StructuredPatch } from "diff";
