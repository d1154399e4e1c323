import "./styles/fonts.css";
import "./styles/tokens.css";
import "./styles/base.css";
import { mount } from "svelte";
import { pinBridge } from "#bridge";
import Pin from "./screens/sign/Pin.svelte";

const target = document.getElementById("app");
if (target) mount(Pin, { target, props: { bridge: pinBridge() } });
