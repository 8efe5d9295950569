import { AccountsView } from "./accounts.js";
import { ActivityView } from "./activity.js";
import { CertificatesView } from "./certificates.js";
import { CheckpointsView } from "./checkpoints.js";
import { DirectoryView } from "./directory.js";
import { GlobalRootView } from "./global-root.js";
import { MetricsView } from "./metrics.js";
import { ScalingView } from "./scaling.js";
import { TransactionsView } from "./transactions.js";

/** Bounds of the views; each has a default beside its view. */
export interface ViewLimits {
  readonly transactionsHeldMax?: number;
  readonly accountsHeldMax?: number;
  readonly certificatesPerShardHeldMax?: number;
  /** Decisions and alerts from before are not counted, in milliseconds since 1970; left out: all are. */
  readonly countFromMs?: number;
}

/** Everything the gateway answers from. In memory only: made again from the topics at each start. */
export interface Views {
  readonly transactions: TransactionsView;
  readonly accounts: AccountsView;
  readonly certificates: CertificatesView;
  readonly checkpoints: CheckpointsView;
  readonly globalRoot: GlobalRootView;
  readonly directory: DirectoryView;
  readonly activity: ActivityView;
  readonly metrics: MetricsView;
  readonly scaling: ScalingView;
}

/** Empty views. Throws RangeError on a bound that makes no sense. */
export function createViews(limits: ViewLimits = {}): Views {
  return {
    transactions: new TransactionsView(limits.transactionsHeldMax),
    accounts: new AccountsView(limits.accountsHeldMax),
    certificates: new CertificatesView(limits.certificatesPerShardHeldMax),
    checkpoints: new CheckpointsView(),
    globalRoot: new GlobalRootView(),
    directory: new DirectoryView(),
    activity: new ActivityView(),
    metrics: new MetricsView(),
    scaling: new ScalingView(limits.countFromMs),
  };
}
