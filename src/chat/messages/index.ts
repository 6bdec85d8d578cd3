import { alertMessages } from './alerts.ts';
import type { Message } from './area.ts';
import { auditMessages } from './audit.ts';
import { commonMessages } from './common.ts';
import { consoleMessages } from './console.ts';
import { discordMessages } from './discord.ts';
import { dispatchMessages } from './dispatch.ts';
import { doctorMessages } from './doctor.ts';
import { estimatorMessages } from './estimator.ts';
import { explainMessages } from './explain.ts';
import { fitMessages } from './fit.ts';
import { launchMessages } from './launch.ts';
import { loadMessages } from './load.ts';
import { manageMessages } from './manage.ts';
import { modelMessages } from './models.ts';
import { nameMessages } from './names.ts';
import { notifyMessages } from './notify.ts';
import { pageMessages } from './page.ts';
import { planMessages } from './plan.ts';
import { quantizationMessages } from './quantizations.ts';
import { reserveMessages } from './reserve.ts';
import { serverMessages } from './server.ts';
import { speedMessages } from './speed.ts';
import { statusMessages } from './status.ts';
import { storeMessages } from './store.ts';
import { toolMessages } from './tool.ts';
import { whyMessages } from './why.ts';

/** The message table: every string that a person sees. */
export const messages = {
  ...commonMessages,
  ...consoleMessages,
  ...fitMessages,
  ...launchMessages,
  ...loadMessages,
  ...modelMessages,
  ...quantizationMessages,
  ...explainMessages,
  ...pageMessages,
  ...planMessages,
  ...manageMessages,
  ...auditMessages,
  ...serverMessages,
  ...nameMessages,
  ...notifyMessages,
  ...alertMessages,
  ...speedMessages,
  ...reserveMessages,
  ...whyMessages,
  ...statusMessages,
  ...storeMessages,
  ...estimatorMessages,
  ...doctorMessages,
  ...discordMessages,
  ...dispatchMessages,
  ...toolMessages,
} satisfies Readonly<Record<string, Message>>;

export type MessageKey = keyof typeof messages;
