"""Programs that keep a folder and a bucket in step, each with the flags that make it fast."""
