// Vercel's client for xAI's REST API, driven from Python. It calls the provider's models themselves: what repeats a
// failed call is the package `ai` above them, which is not here.
import { createXai } from '@ai-sdk/xai';
import { serve } from './serve.mjs';

const xai = createXai({ baseURL: process.env.BASE_URL, apiKey: process.env.API_KEY });
const POLLS = 20;

async function film(model, options) {
  const started = await model.doStart(options);
  for (let polls = 0; polls < POLLS; polls++) {
    const status = await model.doStatus({ operation: started.operation });
    if (status.status === 'error') throw new Error(status.error);
    if (status.status === 'completed') return { ...status, warnings: started.warnings };
  }
  throw new Error('the film did not come');
}

await serve({
  image: (id, options) => xai.image(id).doGenerate(options),
  video: (id, options) => film(xai.video(id), options),
  speech: (id, options) => xai.speech().doGenerate(options),
  transcription: (id, options) => xai.transcription().doGenerate(options),
});
