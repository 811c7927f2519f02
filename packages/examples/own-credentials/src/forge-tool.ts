// A tool that needs a token and never sees it: it says which one and where it goes, and the host puts it there.
import { parseSecretHandle, type NetworkTarget } from '@reborn/host-api';
import { defineTool, ToolFailure, type CapabilityHandler } from '@reborn/host-runtime';
import { z } from 'zod';

const handle = parseSecretHandle('forge.token');

export function createForgeTool(url: string, target: NetworkTarget): CapabilityHandler {
  const tool = defineTool({
    id: 'forge.open_issue',
    description: 'Opens an issue in the forge.',
    input: z.strictObject({ title: z.string().min(1).max(200) }),
    effects: ['external_write', 'network', 'use_secret'],
    credentials: [{ handle, required: true }],
    targets: [target],
    run: async ({ title }, { http }) => {
      if (http === undefined) throw new ToolFailure('no_network', 'This host has no network.');
      const sent = await http.request({
        url,
        method: 'POST',
        headers: [['content-type', 'application/json']],
        body: new TextEncoder().encode(JSON.stringify({ title })),
        credentials: [{ handle, target: { kind: 'header', name: 'authorization', prefix: 'Bearer ' }, required: true }],
      });
      // Bytes that went out may have done something; nobody knows.
      if (sent.kind === 'failed')
        throw new ToolFailure(sent.reason, sent.message, sent.requestBytes === 0 ? 'none' : 'uncertain');
      if (sent.response.status === 401) throw new ToolFailure('token_refused', 'The forge did not take the token.');
      return z.json().parse(JSON.parse(new TextDecoder().decode(sent.response.body)));
    },
  });
  return {
    ...tool,
    // A token that is not taken is no failure: its owner is asked for another one, and the call goes on with that.
    run: async (call) => {
      const outcome = await tool.run(call);
      const isRefused = outcome.kind === 'failed' && outcome.code === 'token_refused';
      return isRefused ? { kind: 'auth_required', handles: [handle] } : outcome;
    },
  };
}
