// Prints `N passed, N failed, N skipped` from vitest's JSON report; exits 1 when no test ran.
import { readFileSync } from "node:fs";

let passed = 0;
let failed = 0;
let skipped = 0;
try {
  const report = JSON.parse(readFileSync(process.argv[2], "utf8"));
  passed = report.numPassedTests;
  failed = report.numFailedTests + (report.numFailedTestSuites > 0 && report.numFailedTests === 0 ? 1 : 0);
  skipped = report.numPendingTests + report.numTodoTests;
} catch {
  failed = 1; // the tests didn't get as far as a report
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(passed === 0 ? 1 : 0);
