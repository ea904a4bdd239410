// What preview.js takes from idiomorph.
export { Idiomorph } from "idiomorph";
