import { runLauncher } from './launcher.js';

process.exit(await runLauncher(process.env));
