import { describePipeline } from "./scenario.js";
import { TestCluster } from "./support.js";

describePipeline("the embedded broker", () => TestCluster.start());
