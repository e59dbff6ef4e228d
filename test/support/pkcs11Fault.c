/*
 * A PKCS#11 module for tests: it hands every call to a real module, and by a control file makes some of them fail.
 *
 *   PKCS11_FAULT_MODULE   path of the real module
 *   PKCS11_FAULT_CONTROL  path of the control file, read at each call of a function that can fail
 *   PKCS11_FAULT_COUNTS   folder; each call appends one byte to the file named after the function; C_SignInit has a file
 *                         for each mechanism: C_SignInit.<hex>
 *
 * The control file has one rule a line: FUNCTION FAULT FIRST LAST. It holds for the FIRST-th to the LAST-th call of the
 * function since this text of the control file was first seen by this process. Faults:
 *
 *   error=N        answer N and do nothing              stuck=N     answer N until C_Initialize is called again
 *   flip, truncate change the answer of C_Sign           set-flag=N  add N to the flags of C_GetTokenInfo
 *   hang           wait until the rule is gone           kill, kill-after   end the process, before or after the call
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As much of PKCS#11 v2.40 as this needs; the layout is that of Unix: no packing, unsigned long throughout. */
typedef unsigned long CK_ULONG;
typedef unsigned long CK_RV;
typedef unsigned char CK_BYTE;
typedef unsigned char CK_BBOOL;

enum { CKR_OK = 0, CKR_GENERAL_ERROR = 5 };

typedef struct {
  CK_BYTE label[32], manufacturer[32], model[16], serial[16];
  CK_ULONG flags, maxSessions, sessions, maxRwSessions, rwSessions, maxPin, minPin;
  CK_ULONG totalPublic, freePublic, totalPrivate, freePrivate;
  CK_BYTE hardware[2], firmware[2], time[16];
} CK_TOKEN_INFO;

typedef void (*Function)(void);

/* The 68 functions of CK_FUNCTION_LIST, in its order; here only those that are replaced. */
enum {
  INITIALIZE = 0,
  GET_FUNCTION_LIST = 3,
  GET_TOKEN_INFO = 6,
  OPEN_SESSION = 12,
  GET_SESSION_INFO = 15,
  LOGIN = 18,
  CREATE_OBJECT = 20,
  DESTROY_OBJECT = 22,
  SIGN_INIT = 42,
  SIGN = 43,
  GENERATE_KEY_PAIR = 59,
  WRAP_KEY = 60,
  UNWRAP_KEY = 61,
  GENERATE_RANDOM = 64,
  FUNCTIONS = 68
};

typedef struct {
  CK_BYTE version[2];
  Function functions[FUNCTIONS];
} CK_FUNCTION_LIST;

static CK_FUNCTION_LIST ours;
static CK_FUNCTION_LIST *real;

typedef struct {
  char fault[32];
  CK_ULONG value;
} Fault;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char seen[4096];
static unsigned long texts, calls[FUNCTIONS];
static int initializedSince;

static void readControl(char *text, size_t size) {
  const char *path = getenv("PKCS11_FAULT_CONTROL");
  int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  ssize_t length = file < 0 ? 0 : read(file, text, size - 1);
  if (file >= 0) close(file);
  text[length > 0 ? length : 0] = '\0';
}

static void count(const char *name) {
  const char *folder = getenv("PKCS11_FAULT_COUNTS");
  char path[4096];
  if (folder == NULL) return;
  snprintf(path, sizeof path, "%s/%s", folder, name);
  int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return;
  if (write(file, ".", 1) != 1) abort();
  close(file);
}

/* A call, counted in the text of the control file that it met. */
typedef struct {
  unsigned long text, number;
} Call;

/* Finds the rule for a call that is new (its number 0: it gets one), or looks whether that of a running one still stands. */
static Fault ruleFor(int function, const char *name, Call *call) {
  Fault found = {"", 0};
  char text[sizeof seen];
  pthread_mutex_lock(&lock);
  readControl(text, sizeof text);
  if (strcmp(text, seen) != 0) {
    strcpy(seen, text);
    memset(calls, 0, sizeof calls);
    initializedSince = 0;
    texts++;
  }
  if (call->number == 0) *call = (Call){texts, ++calls[function]};
  else if (call->text != texts) text[0] = '\0';
  for (char *rest, *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
    char called[32], fault[32];
    unsigned long first, last;
    if (sscanf(line, "%31s %31s %lu %lu", called, fault, &first, &last) != 4) continue;
    if (strcmp(called, name) != 0 || call->number < first || call->number > last) continue;
    char *value = strchr(fault, '=');
    if (value != NULL) *value++ = '\0';
    if (strcmp(fault, "stuck") == 0 && initializedSince) continue;
    strcpy(found.fault, fault);
    found.value = value == NULL ? 0 : strtoul(value, NULL, 10);
    break;
  }
  pthread_mutex_unlock(&lock);
  return found;
}

static int is(const Fault *fault, const char *name) { return strcmp(fault->fault, name) == 0; }

/* What every fault does before the real call. Returns whether the call ends here, with *answer. */
static int before(int function, const char *name, Fault *fault, CK_RV *answer) {
  Call call = {0, 0};
  count(name);
  *fault = ruleFor(function, name, &call);
  if (is(fault, "kill")) kill(getpid(), SIGKILL);
  while (is(fault, "hang")) {
    usleep(10000);
    *fault = ruleFor(function, name, &call);
  }
  *answer = fault->value;
  return is(fault, "error") || is(fault, "stuck");
}

static CK_RV after(const Fault *fault, CK_RV answer) {
  if (is(fault, "kill-after")) kill(getpid(), SIGKILL);
  return answer;
}

#define FORWARD(NAME, INDEX, PARAMETERS, ARGUMENTS)                    \
  static CK_RV NAME PARAMETERS {                                       \
    Fault fault;                                                       \
    CK_RV answer;                                                      \
    if (before(INDEX, #NAME, &fault, &answer)) return answer;          \
    return after(&fault, ((CK_RV(*) PARAMETERS)real->functions[INDEX]) ARGUMENTS); \
  }

FORWARD(C_OpenSession, OPEN_SESSION, (CK_ULONG a, CK_ULONG b, void *c, void *d, void *e), (a, b, c, d, e))
FORWARD(C_GetSessionInfo, GET_SESSION_INFO, (CK_ULONG a, void *b), (a, b))
FORWARD(C_Login, LOGIN, (CK_ULONG a, CK_ULONG b, void *c, CK_ULONG d), (a, b, c, d))
FORWARD(C_CreateObject, CREATE_OBJECT, (CK_ULONG a, void *b, CK_ULONG c, void *d), (a, b, c, d))
FORWARD(C_DestroyObject, DESTROY_OBJECT, (CK_ULONG a, CK_ULONG b), (a, b))
FORWARD(C_GenerateKeyPair, GENERATE_KEY_PAIR,
        (CK_ULONG a, void *b, void *c, CK_ULONG d, void *e, CK_ULONG f, void *g, void *h), (a, b, c, d, e, f, g, h))
FORWARD(C_WrapKey, WRAP_KEY, (CK_ULONG a, void *b, CK_ULONG c, CK_ULONG d, void *e, void *f), (a, b, c, d, e, f))
FORWARD(C_UnwrapKey, UNWRAP_KEY,
        (CK_ULONG a, void *b, CK_ULONG c, void *d, CK_ULONG e, void *f, CK_ULONG g, void *h), (a, b, c, d, e, f, g, h))
FORWARD(C_GenerateRandom, GENERATE_RANDOM, (CK_ULONG a, void *b, CK_ULONG c), (a, b, c))

static CK_RV C_Initialize(void *arguments) {
  Fault fault;
  CK_RV answer;
  if (before(INITIALIZE, "C_Initialize", &fault, &answer)) return answer;
  answer = ((CK_RV(*)(void *))real->functions[INITIALIZE])(arguments);
  pthread_mutex_lock(&lock);
  initializedSince = 1;
  pthread_mutex_unlock(&lock);
  return after(&fault, answer);
}

static CK_RV C_GetTokenInfo(CK_ULONG slot, CK_TOKEN_INFO *info) {
  Fault fault;
  CK_RV answer;
  if (before(GET_TOKEN_INFO, "C_GetTokenInfo", &fault, &answer)) return answer;
  answer = ((CK_RV(*)(CK_ULONG, CK_TOKEN_INFO *))real->functions[GET_TOKEN_INFO])(slot, info);
  if (answer == CKR_OK && is(&fault, "set-flag")) info->flags |= fault.value;
  return after(&fault, answer);
}

/* MACs and signatures both go through C_Sign: which a call is, its C_SignInit says. */
static CK_RV C_SignInit(CK_ULONG session, CK_ULONG *mechanism, CK_ULONG key) {
  char name[64];
  snprintf(name, sizeof name, "C_SignInit.%lx", *mechanism);
  count(name);
  return ((CK_RV(*)(CK_ULONG, CK_ULONG *, CK_ULONG))real->functions[SIGN_INIT])(session, mechanism, key);
}

static CK_RV C_Sign(CK_ULONG session, CK_BYTE *data, CK_ULONG length, CK_BYTE *signature, CK_ULONG *signatureLength) {
  Fault fault;
  CK_RV answer;
  if (before(SIGN, "C_Sign", &fault, &answer)) return answer;
  answer = ((CK_RV(*)(CK_ULONG, CK_BYTE *, CK_ULONG, CK_BYTE *, CK_ULONG *))real->functions[SIGN])(
      session, data, length, signature, signatureLength);
  if (answer == CKR_OK && signature != NULL && is(&fault, "flip")) signature[*signatureLength / 2] ^= 1;
  if (answer == CKR_OK && signature != NULL && is(&fault, "truncate")) *signatureLength -= 1;
  return after(&fault, answer);
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list);

static CK_RV loadReal(void) {
  const char *path = getenv("PKCS11_FAULT_MODULE");
  void *module = path == NULL ? NULL : dlopen(path, RTLD_NOW | RTLD_LOCAL);
  CK_RV (*getList)(CK_FUNCTION_LIST **) = NULL;
  if (module != NULL) *(void **)&getList = dlsym(module, "C_GetFunctionList");
  return getList == NULL ? CKR_GENERAL_ERROR : getList(&real);
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list) {
  if (real == NULL && loadReal() != CKR_OK) return CKR_GENERAL_ERROR;
  ours = *real;
  ours.functions[INITIALIZE] = (Function)C_Initialize;
  ours.functions[GET_FUNCTION_LIST] = (Function)C_GetFunctionList;
  ours.functions[GET_TOKEN_INFO] = (Function)C_GetTokenInfo;
  ours.functions[OPEN_SESSION] = (Function)C_OpenSession;
  ours.functions[GET_SESSION_INFO] = (Function)C_GetSessionInfo;
  ours.functions[LOGIN] = (Function)C_Login;
  ours.functions[CREATE_OBJECT] = (Function)C_CreateObject;
  ours.functions[DESTROY_OBJECT] = (Function)C_DestroyObject;
  ours.functions[SIGN_INIT] = (Function)C_SignInit;
  ours.functions[SIGN] = (Function)C_Sign;
  ours.functions[GENERATE_KEY_PAIR] = (Function)C_GenerateKeyPair;
  ours.functions[WRAP_KEY] = (Function)C_WrapKey;
  ours.functions[UNWRAP_KEY] = (Function)C_UnwrapKey;
  ours.functions[GENERATE_RANDOM] = (Function)C_GenerateRandom;
  *list = &ours;
  return CKR_OK;
}
