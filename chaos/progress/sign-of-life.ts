import { validatorRecordKey } from "../../processors/keys.js";
import { read } from "../../processors/read.js";
import type { InputRecord } from "../../processors/stage.js";
import type { TopicName } from "../../topics/catalogue.js";
import type { ProcessName } from "../network/process-name.js";

/** Records that only this process writes, and where. */
export interface SignOfLife {
  readonly topic: TopicName;
  isOwn(record: InputRecord): boolean;
}

/** What shows that a process works: its output. */
export function signOfLife(name: ProcessName): SignOfLife {
  const always = () => true;
  switch (name) {
    case "validate":
      return { topic: "transactions.validated", isOwn: always };
    case "shard-assign":
      return inLog("rustorium.UserTransaction");
    case "execute":
      return { topic: "shard.blocks", isOwn: always };
    case "finalize":
      return { topic: "shard.finalized", isOwn: always };
    case "relay":
      return inLog("rustorium.CrossShardBundle");
    case "notify":
      return { topic: "notifications", isOwn: always };
    default: {
      const key = validatorRecordKey(Number(name.slice("vote-".length)));
      return { topic: "shard.votes", isOwn: ({ key: own }) => own?.equals(key) === true };
    }
  }
}

/** shard.log has three writers; what kind of entry it is tells which. */
function inLog(branch: "rustorium.UserTransaction" | "rustorium.CrossShardBundle"): SignOfLife {
  return {
    topic: "shard.log",
    isOwn: (record) => {
      const entry = read("LogEntry", record)?.entry;
      return entry !== undefined && branch in entry;
    },
  };
}
