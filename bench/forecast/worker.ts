import { parentPort, workerData } from "node:worker_threads";
import { baselineForecasts } from "../../ml/evaluation/baseline-forecasts.js";
import { pupilOf, runMember } from "../../ml/evaluation/member.js";
import { useBackend } from "../../ml/network/backend.js";
import { partsOf } from "../../ml/parts.js";
import { seededRandom } from "../../ml/random.js";
import type { Answer, Task } from "./tasks.js";

const task = workerData as Task;
const post = (answer: Answer) => parentPort!.postMessage(answer);
const say = (line: string) => post({ kind: "says", line });

if (task.kind === "baselines") {
  task.series.forEach((series, at) => {
    // A source of chance for each series: its figures don't depend on which others are in the directory.
    const forecasts = baselineForecasts(series, partsOf(series), seededRandom(task.seed));
    post({ kind: "baselines", at, forecasts });
    say(`baselines: ${series.name} done`);
  });
} else {
  const { seed } = task.settings.network;
  say(`seed ${seed}: ${task.settings.network.architecture} on ${await useBackend(task.backend)}`);
  runMember(
    task.series.map(pupilOf),
    task.settings,
    (at, forecasts) => post({ kind: "member", seed, at, forecasts }),
    say,
  );
}
