// A target of headers needs a source, and a program a beginning.
int main() { return 0; }
