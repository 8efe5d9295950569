import { register } from "node:module";

// First of all: whatever is loaded from here on gets the simulator's signatures. So the rest is imported afterwards.
register("./crypto/hooks.js", import.meta.url);
await import("./worker-loop.js");
