// Before the first paint: what is for scripts shows, what stands in for them does not.
document.documentElement.classList.add("scripted");
