// What live.js takes from idiomorph.
export { Idiomorph } from "idiomorph";
