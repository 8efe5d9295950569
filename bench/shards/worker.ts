import { parentPort, workerData } from "node:worker_threads";
import { type SeriesPlan, seriesOf } from "./run.js";

/** A thread that works one series out, see run.ts. */
const say = (line: string) => parentPort!.postMessage(line);
parentPort!.postMessage(seriesOf(workerData as SeriesPlan, say));
