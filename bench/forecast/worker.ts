import { parentPort, workerData } from "node:worker_threads";
import { baselineForecasts } from "../../ml/evaluation/baseline-forecasts.js";
import { adapt, learnTogether, pupilOf } from "../../ml/evaluation/member.js";
import { useBackend } from "../../ml/network/backend.js";
import { buildNetwork } from "../../ml/network/network.js";
import { loadModel, saveModel } from "../../ml/network/saved-model.js";
import { partsOf } from "../../ml/parts.js";
import { seededRandom } from "../../ml/random.js";
import type { Answer, Results, Task } from "./tasks.js";

const post = (answer: Answer) => parentPort!.postMessage(answer);
const say = (line: string) => post({ kind: "says", line });

post({ kind: "result", result: await run(workerData as Task) });

/** Each task has a source of chance of its own: what comes of it doesn't depend on the order of tasks. */
async function run(task: Task): Promise<Results[Task["kind"]]> {
  if (task.kind === "baselines") {
    const { series, seed } = task;
    return baselineForecasts(series, partsOf(series), seededRandom(seed));
  }
  const backend = await useBackend(task.backend);
  const { settings } = task;
  const random = seededRandom(settings.network.seed);
  if (task.kind === "learn") {
    say(`seed ${settings.network.seed}: ${settings.network.architecture} on ${backend}`);
    const network = buildNetwork(settings.network);
    learnTogether(
      network,
      task.series.map((one) => pupilOf(one)),
      settings,
      random,
      say,
    );
    const { text: model, hash } = saveModel(network);
    return { model, hash };
  }
  return adapt(loadModel(task.model).network, pupilOf(task.series), settings, random);
}
