import "./styles/fonts.css";
import "./styles/tokens.css";
import "./styles/base.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { session } from "./session.svelte";

const target = document.getElementById("app");
if (target) mount(App, { target });
void session.start();
