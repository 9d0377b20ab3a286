// Independent clients for pictures, driven from Python: Vercel's for Black Forest Labs and Replicate, and stability-ai,
// which knows one address; the HTTP library below it is led to ours.
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createBlackForestLabs } from '@ai-sdk/black-forest-labs';
import { createReplicate } from '@ai-sdk/replicate';
import stability from 'stability-ai';
import { serve } from './serve.mjs';

const { BASE_URL, API_KEY } = process.env;
const hurried = { pollIntervalMillis: 5, pollTimeoutMillis: 100 };
const labs = createBlackForestLabs({ baseURL: `${BASE_URL}/v1`, apiKey: API_KEY, ...hurried });
const replicate = createReplicate({ baseURL: `${BASE_URL}/v1`, apiToken: API_KEY });
const stable = new stability.default(API_KEY);

const ROUTES = { 'stable-image-core': 'core', 'stable-image-ultra': 'ultra' };
const axios = createRequire(import.meta.url)('axios'); // the copy that a CommonJS package sees

axios.interceptors.request.use((request) => Object.assign(request, { url: BASE_URL + new URL(request.url).pathname }));

async function drawn(id, { prompt, ...options }) {
  const named = id in ROUTES ? {} : { model: id };
  const { filepath } = await stable.v2beta.stableImage.generate[ROUTES[id] ?? 'sd3'](prompt, { ...options, ...named });
  const images = [readFileSync(filepath)];
  rmSync(filepath);
  return { images };
}

await serve({
  black_forest_labs: (id, options) => labs.image(id).doGenerate(options),
  replicate: (id, options) => replicate.image(id).doGenerate(options),
  stability: drawn,
});
