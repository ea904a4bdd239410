// What the viewer takes from D3: the bundle's exports and, for the type checker, their types. A
// module that needs more of D3 adds the name here and runs `npm run vendor`.
export { drag } from "d3-drag";
export { quadtree } from "d3-quadtree";
export { select } from "d3-selection";
export { symbol, symbolCircle, symbolDiamond, symbolSquare } from "d3-shape";
export { zoom, zoomIdentity } from "d3-zoom";
export type { D3DragEvent } from "d3-drag";
export type { Quadtree } from "d3-quadtree";
export type { Selection } from "d3-selection";
export type { ZoomBehavior, ZoomTransform } from "d3-zoom";
import type {} from "d3-transition";
