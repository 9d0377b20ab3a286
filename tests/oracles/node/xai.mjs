// Vercel's client for xAI's REST API, driven from Python: a case as JSON on each line of standard input, what the
// client gave back as JSON on each line of standard output. It calls the provider's models themselves: what repeats a
// failed call is the package `ai` above them, which is not here.
import { createInterface } from 'node:readline';
import { createXai } from '@ai-sdk/xai';

const xai = createXai({ baseURL: process.env.XAI_BASE_URL, apiKey: process.env.XAI_API_KEY });
const POLLS = 20;

const revived = (name, value) =>
  value !== null && typeof value === 'object' && '$base64' in value ? Buffer.from(value.$base64, 'base64') : value;
const written = (name, value) => (value instanceof Uint8Array ? { $base64: Buffer.from(value).toString('base64') } : value);
// Buffer has a toJSON of its own, which would come before `written`.
delete Buffer.prototype.toJSON;

async function film(model, options) {
  const started = await model.doStart(options);
  for (let polls = 0; polls < POLLS; polls++) {
    const status = await model.doStatus({ operation: started.operation });
    if (status.status === 'error') throw new Error(status.error);
    if (status.status === 'completed') return { ...status, warnings: started.warnings };
  }
  throw new Error('the film did not come');
}

const makers = {
  image: (id, options) => xai.image(id).doGenerate(options),
  video: (id, options) => film(xai.video(id), options),
  speech: (id, options) => xai.speech().doGenerate(options),
  transcription: (id, options) => xai.transcription().doGenerate(options),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { operation, model, options } = JSON.parse(line, revived);
  let said;
  try {
    const { response, request, ...answer } = await makers[operation](model, options);
    said = { answer };
  } catch (error) {
    said = { error: error.message, status: error.statusCode ?? null };
  }
  process.stdout.write(JSON.stringify(said, written) + '\n');
}
