declare module "pino-roll" {
  import type { SonicBoom } from "sonic-boom";
  export default function roll(options: {
    file: string;
    extension?: string;
    frequency?: "daily" | "hourly" | number;
    dateFormat?: string;
    mkdir?: boolean;
    size?: string;
    limit?: { count: number; removeOtherLogFiles?: boolean };
  }): Promise<SonicBoom>;
}
