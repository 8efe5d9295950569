import { freezeBroker, killBroker } from "./broker.js";
import type { Fault, FaultClass } from "./fault.js";
import { freezeProcess } from "./freeze-process.js";
import { killCheckpoints } from "./kill-checkpoints.js";
import { killing, killTwo, killValidator } from "./kill-process.js";
import { killRegistry } from "./kill-registry.js";
import { poisonRecords } from "./poison-records.js";
import { rebalanceStorm } from "./rebalance-storm.js";
import { repeatedSubmissions } from "./repeated-submissions.js";
import { cutConnections, delayReplies, dropReplies } from "./replies.js";
import { reshard } from "./reshard.js";
import { restartProcess } from "./restart-process.js";
import { secondProducer } from "./second-producer.js";
import { slowConsumer } from "./slow-consumer.js";
import { corruptStore, deleteStore } from "./spoil-store.js";
import { zombieMember } from "./zombie-member.js";

/** How each class is done. */
export const FAULTS: Readonly<Record<FaultClass, Fault>> = {
  "kill-validate": killing("validate"),
  "kill-shard-assign": killing("shard-assign"),
  "kill-execute": killing("execute"),
  "kill-finalize": killing("finalize"),
  "kill-relay": killing("relay"),
  "kill-notify": killing("notify"),
  "kill-validator": killValidator,
  "kill-checkpoints": killCheckpoints,
  "kill-two": killTwo,
  "restart-process": restartProcess,
  "freeze-process": freezeProcess,
  "zombie-member": zombieMember,
  "second-producer": secondProducer,
  "rebalance-storm": rebalanceStorm,
  "delete-store": deleteStore,
  "corrupt-store": corruptStore,
  "slow-consumer": slowConsumer,
  "poison-records": poisonRecords,
  "repeated-submissions": repeatedSubmissions,
  "drop-replies": dropReplies,
  "delay-replies": delayReplies,
  "cut-connections": cutConnections,
  "kill-broker": killBroker,
  "freeze-broker": freezeBroker,
  "kill-registry": killRegistry,
  reshard,
};
