/** `evenkeel/client/node`: what of the client only Node has. */
export { type AgentOptions, balancedAgent, balancedHttpsAgent } from "./balanced-agent.ts";
