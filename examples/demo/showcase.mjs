import { fileURLToPath } from 'node:url';
import { submitAndTell } from './submission.mjs';

const dataFile = (name) => fileURLToPath(new URL(`../data/${name}`, import.meta.url));
const pillars = ['content', 'insights', 'journey', 'solution'];

/**
 * The showcase: from goals and a file to findings, a procedure and a roadmap, each step on what the one before it made.
 * @param {import('@intendant/client').IntendantClient} client
 */
export async function runShowcase(client, printer, expectations) {
  const { sessionId } = await client.openSession({ channel: 'demo' });
  printer.title('Showcase');
  printer.entry('session', sessionId);
  const stage = async (name) => {
    const descriptor = await client.stageContent(dataFile(name));
    printer.entry('staged', `${name}, ${descriptor.sizeBytes} bytes: ${descriptor.ref}`);
    return descriptor;
  };
  const executionIds = [];
  const step = async (number, what, intentType, payload) => {
    printer.title(`${number} ${intentType}: ${what}`);
    const done = await submitAndTell(client, { intentType, sessionId, payload }, printer, expectations);
    executionIds.push(done.executionId);
    return done;
  };

  const employees = await stage('employees.csv');
  const process = await stage('workflow_beneficiary_change.bpmn');
  await step('M1', 'say what it is all for', 'solution.establish_context', {
    userGoals: 'Automate invoice intake and see where people still add value',
    solutionStructure: { solutionId: 'content_solution', strategicFocus: 'data_processing' },
    pillarPreferences: pillars.map((pillar, index) => ({ pillar, enabled: true, order: index + 1 })),
  });
  const { artifact: file } = await step('M2', 'take a file in', 'content.upload', {
    ingestionType: 'upload',
    uiName: 'employees.csv',
    fileType: 'csv',
    mimeType: 'text/csv',
    contentRef: employees.ref,
    sha256: employees.sha256,
    sizeBytes: employees.sizeBytes,
  });
  await step('M3', 'keep it, under the boundary contract', 'content.save_materialization', {
    fileId: file?.artifactId,
    boundaryContractId: file?.semanticPayload['boundaryContractId'],
  });
  const { artifact: parsed } = await step('M4', 'read its rows', 'content.parse', {
    fileId: file?.artifactId,
    parsingType: 'csv',
    parseOptions: { header: true },
  });
  await step('M6', 'see how good the data is', 'insights.assess_quality', {
    parsedFileId: parsed?.artifactId,
    sourceFileId: file?.artifactId,
    parserType: 'csv',
  });
  await step('M7', 'see what the data says', 'insights.analyze', {
    parsedFileId: parsed?.artifactId,
    analysisType: 'structured',
    analysisOptions: { includeStatistics: true, detectPatterns: true, identifyAnomalies: true },
  });
  const { artifact: workflow } = await step('M9', 'read a process', 'journey.create_workflow', {
    workflowType: 'bpmn',
    workflowFileRef: process.ref,
  });
  await step('M10', 'write its procedure', 'journey.create_sop', {
    workflowId: workflow?.artifactId,
    chatMode: false,
    sopOptions: { audience: 'operations' },
  });
  const last = await step('M14', 'lay out a roadmap', 'solution.create_roadmap', {
    goals: ['Modernise claims intake', 'Cut handling time by 30 percent'],
    roadmapType: 'strategic',
    roadmapOptions: { horizonWeeks: 26 },
  });
  return { sessionId, executionIds, last };
}
