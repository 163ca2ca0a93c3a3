/** `evenkeel/client/node`: what of the client only Node has. */
export { type BalancedAgentOptions, balancedAgent, balancedHttpsAgent } from "./balanced-agent.ts";
