import type { CalibrationScript } from "./cluster.js";
import { commits, outOfRange } from "./scripts/commits.js";
import { crash } from "./scripts/crash.js";
import { ends, timeOut } from "./scripts/ends.js";
import { fencedIdle, fencing, takeover } from "./scripts/fencing.js";
import { groupOffsets, lookUps } from "./scripts/group-offsets.js";
import { assignment, busy, killed } from "./scripts/groups.js";
import { isolation, paging } from "./scripts/isolation.js";
import { backToBack, markers } from "./scripts/markers.js";
import { pause, rejoin, seek, through } from "./scripts/positions.js";
import { produce } from "./scripts/produce.js";
import { timestamps } from "./scripts/timestamps.js";

/** Every script; each runs alone on a cluster or beside others, under names of its own. */
export const CALIBRATION_SCRIPTS: readonly CalibrationScript[] = [
  produce,
  markers,
  backToBack,
  isolation,
  paging,
  groupOffsets,
  lookUps,
  fencing,
  fencedIdle,
  takeover,
  ends,
  timeOut,
  timestamps,
  assignment,
  killed,
  busy,
  crash,
  rejoin,
  seek,
  pause,
  through,
  commits,
  outOfRange,
];
