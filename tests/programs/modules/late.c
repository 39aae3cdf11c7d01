// The library that late_library opens.
int late_function(int value) {
  int result = value + 5;
  return result;
}
