      ******************************************************************
      * LIFE POLICY MASTER RECORD, 204 BYTES
      ******************************************************************
       01  POLICY-RECORD.
           05  POLICY-NUMBER           PIC X(12).
           05  INSURED-NAME            PIC X(50).
           05  DATE-OF-BIRTH           PIC X(10).
           05  POLICY-TYPE             PIC X(20).
           05  FACE-AMOUNT             PIC 9(10).
           05  PREMIUM                 PIC 9(8)V99.
           05  CASH-VALUE              PIC 9(10)V99.
           05  BENEFICIARY-NAME        PIC X(50).
           05  STATUS                  PIC X(10).
           05  EFFECTIVE-DATE          PIC X(10).
           05  EXPIRATION-DATE         PIC X(10).
