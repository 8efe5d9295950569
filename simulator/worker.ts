import { register } from "node:module";

// First of all: whatever is loaded from here on gets the simulator's signatures. So nothing is imported statically.
register("./crypto/hooks.js", import.meta.url);
