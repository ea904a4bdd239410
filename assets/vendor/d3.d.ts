// What the viewer takes from D3: the bundle's exports and, for the type checker, their types.
export { drag } from "d3-drag";
export { quadtree } from "d3-quadtree";
export { scaleBand, scaleLinear, scalePoint, scaleSqrt } from "d3-scale";
export { pointer, select, selectAll } from "d3-selection";
export { curveBumpY, line, link, symbol, symbolCircle, symbolDiamond, symbolSquare } from "d3-shape";
export { zoom, zoomIdentity, zoomTransform } from "d3-zoom";
export type { Quadtree } from "d3-quadtree";
export type { ScaleBand, ScaleLinear } from "d3-scale";
export type { Selection } from "d3-selection";
export type { D3ZoomEvent, ZoomBehavior, ZoomTransform } from "d3-zoom";
import type {} from "d3-transition";
